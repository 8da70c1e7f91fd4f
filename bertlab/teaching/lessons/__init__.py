"""One file a lesson: `EXERCISES`, a list of `Exercise`, and `RECAP`, a list of five `Question`s."""
