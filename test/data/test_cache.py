from square import square

from fer_ros.data.cache import cache_key, load_prepared, prepare


def test_results_are_kept_and_done_work_is_not_repeated(tmp_path):
    assert prepare(square, {'a': 3}, tmp_path, 'numbers', progress=False) == {}
    assert load_prepared(tmp_path, 'a')['result'] == 9
    # Another task under the same key is not run.
    prepare(square, {'a': 5}, tmp_path, 'numbers', progress=False)
    assert load_prepared(tmp_path, 'a')['result'] == 9


def test_failed_task_has_a_sentence_and_the_others_are_done(tmp_path):
    problems = prepare(square, {'a': 3, 'b': -1, 'c': 4}, tmp_path, 'numbers', progress=False)
    assert problems == {'b': '-1 is negative'}
    assert sorted(file.name for file in tmp_path.iterdir()) == ['a.npz', 'c.npz']


def test_key_follows_method_and_contents():
    keys = {
        cache_key('v1', b'ab', b'c'),
        cache_key('v1', b'a', b'bc'),
        cache_key('v2', b'ab', b'c'),
    }
    assert len(keys) == 3
    assert cache_key('v1', b'ab', b'c') in keys
