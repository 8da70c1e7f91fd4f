"""A classifier on a learned weighted sum of layers: Peters et al. 2018, equation 1, for scikit-learn."""

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data
from torch.nn import functional as F

from bertlab.errors import BertlabError


class LayerMix(ClassifierMixin, BaseEstimator):
    """Softmax regression on `sum of s_j · layer_j`, with the weights s = softmax(w) learned beside it.

    X holds the layers side by side, (rows, places · layers · dim), as `EncoderFeatures(layers="concat")`
    gives them: one place, or several where a row holds its neighbours' vectors too. All places share the
    weights. The encoder that gave the layers stays as frozen as ever: what is learned is one number a layer
    and a matrix.

    layers    how many stand side by side
    dim       of one layer; None: there is one place
    C         how little the matrix is held back, as in `LogisticRegression`
    max_iter  steps of L-BFGS at most

    After `fit`: `mix_`, (layers,), the shares, which sum to 1; `coef_`, (places · dim, classes);
    `intercept_`, (classes,); `classes_`; `n_iter_`.
    """

    def __init__(self, layers: int = 1, *, dim: int | None = None, C: float = 1.0, max_iter=100):
        self.layers = layers
        self.dim = dim
        self.C = C
        self.max_iter = max_iter

    def fit(self, X, y) -> "LayerMix":
        """Learn the shares and the matrix. Nothing here is random: the start is even shares and zeros."""
        X, y = validate_data(self, X, y, dtype=np.float32)
        check_classification_targets(y)
        self.classes_, numbers = np.unique(y, return_inverse=True)
        layers, targets = self._layers(X), torch.from_numpy(numbers)
        places, dim = layers.shape[1], layers.shape[3]
        shares = torch.zeros(self.layers, requires_grad=True)
        matrix = torch.zeros(places * dim, len(self.classes_), requires_grad=True)
        bias = torch.zeros(len(self.classes_), requires_grad=True)
        search = torch.optim.LBFGS(
            [shares, matrix, bias], max_iter=self.max_iter, line_search_fn="strong_wolfe"
        )

        def closure():
            search.zero_grad()
            scores = _mixed(layers, shares.softmax(0)) @ matrix + bias
            loss = F.cross_entropy(scores, targets)
            loss = loss + matrix.square().sum() / (2 * self.C * len(X))
            loss.backward()
            return loss

        search.step(closure)
        self.n_iter_ = search.state_dict()["state"][0]["n_iter"]
        self.mix_ = shares.detach().softmax(0).numpy()
        self.coef_, self.intercept_ = matrix.detach().numpy(), bias.detach().numpy()
        return self

    def decision_function(self, X) -> np.ndarray:
        """Scores before the softmax, (rows, classes); for two classes their difference, (rows,)."""
        scores = self._scores(X)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def predict(self, X) -> np.ndarray:
        """The likeliest class of each row."""
        scores = self._scores(X)
        return self.classes_[scores.argmax(axis=1)]

    def _scores(self, X) -> np.ndarray:
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float32, reset=False)
        mixed = _mixed(self._layers(X), torch.from_numpy(self.mix_)).numpy()
        return mixed @ self.coef_ + self.intercept_

    def _layers(self, X: np.ndarray) -> torch.Tensor:
        """(rows, places, layers, dim)."""
        dim = self.dim or max(1, X.shape[1] // max(1, self.layers))
        if self.layers < 1 or X.shape[1] % (self.layers * dim):
            raise BertlabError(
                f"{X.shape[1]} features for {self.layers} layers of {dim}",
                "places · layers · dim of them",
                "Set layers and dim as the features were made.",
            )
        return torch.from_numpy(np.ascontiguousarray(X)).unflatten(1, (-1, self.layers, dim))


def _mixed(layers: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    """(rows, places, layers, dim) and (layers,) -> (rows, places · dim)."""
    return torch.einsum("nplf,l->npf", layers, shares).flatten(1)
