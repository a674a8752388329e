"""What a model card says about the source of an agent's sight and of its moves."""

from typing import Any

import pytest

from cutout_rl.agents.publishing.model_card import how_it_sees

REWARD_PRIOR = {"prior": "reward", "prior_episodes": 2400, "network": "prior", "prior_refinement": 16}
CLONED = {"algo": "bc", "demonstrations": None}


@pytest.mark.parametrize(
    ("record", "said", "not_said"),
    [
        ({"config": {"algo": "ppo", **REWARD_PRIOR}}, ("episodes played with it", "from rewards"), ("cloned",)),
        ({"config": {"algo": "ppo", **REWARD_PRIOR, "prior_refinement": 0}}, ("random strokes. No",), ("with it",)),
        ({"config": {**CLONED, **REWARD_PRIOR}}, ("was read for it", "expert that traces the ground truth"), ()),
        ({"config": {**CLONED, "network": "crops"}}, ("no object prior", "cloned"), ("rewards", "No ground")),
        (
            {"config": {"algo": "ppo", "network": "crops"}, "init": {"config": {**CLONED, "network": "crops"}}},
            ("cloned", "further from rewards"),
            ("No ground",),
        ),
        (
            {"config": {"algo": "planner", "refinement": 0}, "prior_from": {"config": {**CLONED, **REWARD_PRIOR}}},
            ("learnt from rewards",),
            ("cloned", "moves"),
        ),
    ],
)
def test_card_says_what_an_agent_learnt_from(
    record: dict[str, Any], said: tuple[str, ...], not_said: tuple[str, ...]
) -> None:
    sentences = how_it_sees(record)
    assert all(part in sentences for part in said)
    assert not any(part in sentences for part in not_said)
