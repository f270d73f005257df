from square import square

from fer_ros.data.cache import cache_key, load_prepared, prepare


def test_prepared_results_are_cached_and_not_recomputed(tmp_path):
    assert prepare(square, {'a': 3}, tmp_path, 'numbers', progress=False) == {}
    assert load_prepared(tmp_path, 'a')['result'] == 9
    # Another task under the same key is not run.
    prepare(square, {'a': 5}, tmp_path, 'numbers', progress=False)
    assert load_prepared(tmp_path, 'a')['result'] == 9


def test_failed_task_is_reported_and_others_finish(tmp_path):
    problems = prepare(square, {'a': 3, 'b': -1, 'c': 4}, tmp_path, 'numbers', progress=False)
    assert problems == {'b': '-1 is negative'}
    assert sorted(file.name for file in tmp_path.iterdir()) == ['a.npz', 'c.npz']


def test_cache_key_depends_on_method_and_contents():
    keys = {
        cache_key('v1', b'ab', b'c'),
        cache_key('v1', b'a', b'bc'),
        cache_key('v2', b'ab', b'c'),
    }
    assert len(keys) == 3
    assert cache_key('v1', b'ab', b'c') in keys
