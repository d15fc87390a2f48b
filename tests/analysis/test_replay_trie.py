"""The forest of prefixes: every token once, each with its own path."""

from __future__ import annotations

import itertools

import torch

from harness.analysis.replay_input import Sequences
from harness.analysis.replay_trie import Block, Forest, Sizes, plant
from tests.analysis.replay_models import PROMPTS

LIKE = torch.zeros(())
PREFIXES = {ids[:end] for ids in PROMPTS.ids for end in range(1, len(ids) + 1)}


def one(*, keys: int = 1000, rows: int = 1000) -> Forest:
    (forest,) = plant(PROMPTS, Sizes(1000, keys, rows), like=LIKE)
    return forest


def seen(forest: Forest, blocks: tuple[Block, ...]) -> list[tuple[int, ...]]:
    """For each query in order, the tokens that its mask lets it see, by depth."""
    found = []
    for call in (call for block in blocks for call in block.calls):
        keys = call.keys.view(call.rows, call.width)
        hidden = torch.ones(call.length, call.width).triu(1) if call.mask is None else call.mask
        visible = (hidden == 0).expand(call.rows, 1, -1, -1).flatten(0, 2)
        places = range(call.rows * call.length) if call.real is None else call.real.tolist()
        found += [tuple(forest.tokens[keys[at // call.length][visible[at]]].tolist()) for at in places]
    return found


def test_there_is_one_node_for_every_prefix() -> None:
    forest = one()
    assert forest.nodes == len(PREFIXES)
    assert sum(forest.counts.tolist()) == sum(map(len, PROMPTS.ids))


def test_every_node_sees_its_own_prefix_and_nothing_else() -> None:
    forest = one()
    prefixes = seen(forest, forest.every)
    assert set(prefixes) == PREFIXES and len(prefixes) == forest.nodes
    assert [prefix[-1] for prefix in prefixes] == forest.tokens.tolist()
    assert [len(prefix) - 1 for prefix in prefixes] == forest.depths.tolist()


def test_wanted_nodes_see_their_prefixes_and_are_found_again() -> None:
    forest = one()
    prefixes = seen(forest, forest.last)
    assert len(prefixes) == len(set(prefixes)) == len(forest.wanted)
    asked = [ids[: at + 1] for ids, wanted in zip(PROMPTS.ids, PROMPTS.wanted, strict=True) for at in wanted]
    found = dict(zip(forest.places.tolist(), forest.rows.tolist(), strict=True))
    assert [prefixes[found[place]] for place in range(len(asked))] == asked


def test_small_calls_and_blocks_say_the_same() -> None:
    forest, many = one(), one(keys=8, rows=3)
    assert seen(many, many.every) == seen(forest, forest.every)
    assert len(many.every) > len(forest.every) == 1
    assert all(len(call.keys) <= 8 or call.rows == 1 for block in many.every for call in block.calls)


def test_filled_places_lead_back_to_their_queries() -> None:
    calls = [call for block in one().every for call in block.calls if call.slots is not None and call.real is not None]
    assert calls
    for call in calls:
        assert call.slots is not None
        assert call.slots[call.real].tolist() == list(range(call.stretch.stop - call.stretch.start))


def test_blocks_follow_one_another() -> None:
    blocks = one(keys=8, rows=3).every
    assert blocks[0].rows.start == 0 and blocks[-1].rows.stop == len(PREFIXES)
    assert all(a.rows.stop == b.rows.start for a, b in itertools.pairwise(blocks))


def test_chunks_are_no_larger_than_asked_and_hold_every_wanted_position() -> None:
    chunks = plant(PROMPTS, Sizes(12, 1000, 1000), like=LIKE)
    assert len(chunks) > 1 and all(chunk.nodes <= 12 for chunk in chunks)
    assert sorted(torch.cat([chunk.places for chunk in chunks]).tolist()) == list(range(11))


def test_a_prompt_alone() -> None:
    (forest,) = plant(Sequences(((4, 5, 6),), ((1,),)), Sizes(1, 1, 1), like=LIKE)
    assert forest.tokens.tolist() == [4, 5, 6] and forest.wanted.tolist() == [1]
    assert seen(forest, forest.last) == [(4, 5)]
