"""The learned mix of layers: finds the layer that tells, equals logistic regression where there is one."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import check_estimator

from bertlab.errors import BertlabError
from bertlab.training.layer_mix import LayerMix


def told_by_layer(layer: int, places: int = 1):
    """200 rows of 3 layers × 4; only one layer's first number tells the class."""
    generator = np.random.default_rng(0)
    X = generator.normal(size=(200, places, 3, 4)).astype(np.float32)
    y = (X[:, 0, layer, 0] > 0).astype(int)
    return X.reshape(200, -1), y


@pytest.mark.parametrize("layer", [0, 1, 2])
@pytest.mark.parametrize("places", [1, 3])
def test_the_layer_that_tells_gets_the_weight(layer, places):
    X, y = told_by_layer(layer, places)
    found = LayerMix(3, dim=4, C=10.0).fit(X, y)
    assert found.mix_.sum() == pytest.approx(1, abs=1e-5)
    assert found.mix_.argmax() == layer and found.mix_[layer] > 0.8
    assert found.score(X, y) > 0.95
    assert found.coef_.shape == (places * 4, 2)


def test_one_layer_is_logistic_regression():
    generator = np.random.default_rng(1)
    X = generator.normal(size=(150, 5)).astype(np.float32)
    y = X[:, :3].argmax(axis=1)
    ours = LayerMix(1, C=0.5, max_iter=300).fit(X, y)
    theirs = LogisticRegression(C=0.5, max_iter=300).fit(X, y)
    np.testing.assert_allclose(ours.coef_.T, theirs.coef_, atol=5e-3)


def test_features_that_do_not_fit():
    X, y = told_by_layer(0)
    for settings in ({"layers": 5}, {"layers": 3, "dim": 5}, {"layers": 0}):
        with pytest.raises(BertlabError, match="12 features"):
            LayerMix(**settings).fit(X, y)


def test_scikit_learns_own_contract():
    results = check_estimator(LayerMix(), on_fail=None)
    failed = {
        one["check_name"]: str(one["exception"]) for one in results if one["status"] == "failed"
    }
    assert failed == {}
