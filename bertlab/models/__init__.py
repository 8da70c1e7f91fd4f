"""The models: BERT and ELMo, whole and readable, and their exchange with other formats."""
