import shutil
import sqlite3

import pytest
import yaml
from bag_files import COMPRESSED, DELAY_NS, IMAGE, ns, write_images

from fer_ros.bags.reader import BagReader, Topic
from fer_ros.errors import BagError

TOPIC = '/camera/image_raw'
EVERY_STORAGE = [
    ('mcap', 'none'),
    ('mcap', 'message'),
    ('mcap', 'file'),
    ('mcap', 'storage'),
    ('sqlite3', 'none'),
    ('sqlite3', 'message'),
    ('sqlite3', 'file'),
]


def write(tmp_path, images, storage='mcap', compression='none', kind=IMAGE):
    return write_images(
        tmp_path / 'run', images, 10, kind, storage=storage, compression=compression
    )


def storage_file(bag):
    (file,) = [file for file in bag.iterdir() if file.name != 'metadata.yaml']
    return file


def cut(file, share):
    """Truncate a file to its first part, as a power failure does."""
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])


def split_bag(tmp_path, images, storage):
    """Write a bag of three files, each with all images, and return it and its files."""
    bag = tmp_path / 'split'
    bag.mkdir()
    files = []
    for number in range(3):
        part = write_images(tmp_path / f'split_{number}', images, 10, storage=storage)
        files.append(bag / storage_file(part).name)
        shutil.copy(storage_file(part), files[-1])
        metadata = yaml.safe_load((part / 'metadata.yaml').read_text())
    said = metadata['rosbag2_bagfile_information']
    said['relative_file_paths'] = [file.name for file in files]
    said['message_count'] = 3 * len(images)
    said['topics_with_message_count'][0]['message_count'] = 3 * len(images)
    (bag / 'metadata.yaml').write_text(yaml.safe_dump(metadata))
    return bag, files


def read(path):
    with BagReader(path) as reader:
        messages = list(reader.messages(list(reader.topics)))
        return reader, [message.log_time_ns for message in messages], messages


@pytest.mark.parametrize(('storage', 'compression'), EVERY_STORAGE)
@pytest.mark.parametrize('kind', [IMAGE, COMPRESSED])
def test_all_messages_are_read_from_folder_of_any_storage(
    tmp_path, dots, storage, compression, kind
):
    reader, times, messages = read(write(tmp_path, dots, storage, compression, kind))
    assert times == [ns(index / 10) + DELAY_NS for index in range(6)]
    assert reader.topics == {TOPIC: Topic(kind, 6)}
    assert {(message.topic, message.msgtype) for message in messages} == {(TOPIC, kind)}
    assert reader.problems == []


@pytest.mark.parametrize(('storage', 'compression'), EVERY_STORAGE)
def test_all_messages_are_read_from_single_file_of_any_storage(
    tmp_path, dots, storage, compression
):
    file = storage_file(write(tmp_path, dots, storage, compression))
    reader, times, messages = read(file)
    assert len(times) == 6
    assert reader.problems == []
    # In CDR, whatever it was compressed with.
    assert {message.payload()[:4] for message in messages} == {b'\x00\x01\x00\x00'}


@pytest.mark.parametrize(('storage', 'compression'), EVERY_STORAGE)
def test_folder_without_metadata_is_read_and_reported(tmp_path, dots, storage, compression):
    bag = write(tmp_path, dots, storage, compression)
    (bag / 'metadata.yaml').unlink()
    reader, times, _ = read(bag)
    assert len(times) == 6
    assert reader.problems == ['no metadata.yaml: topics and times are taken from the data']


@pytest.mark.parametrize('content', ['', 'a: 1', 'rosbag2_bagfile_information: ['])
def test_folder_with_damaged_metadata_is_read_and_reported(tmp_path, dots, content):
    bag = write(tmp_path, dots)
    (bag / 'metadata.yaml').write_text(content)
    reader, times, _ = read(bag)
    assert len(times) == 6
    assert reader.problems == [
        'metadata.yaml cannot be read: topics and times are taken from the data'
    ]


@pytest.mark.parametrize('name', ['take #2', 'why?', '50%25'])
def test_path_with_characters_of_addresses_is_read_without_a_problem(tmp_path, dots, name):
    bag = write(tmp_path, dots, 'sqlite3').rename(tmp_path / name)
    reader, times, _ = read(bag)
    assert (len(times), reader.problems) == (6, [])


def test_split_files_without_metadata_are_read_in_numeric_order(tmp_path, dots):
    folder = tmp_path / 'split'
    folder.mkdir()
    for number in (2, 10):
        part = write_images(tmp_path / f'run_{number}', dots[: number // 2], 10)
        shutil.copy(storage_file(part), folder / f'split_{number}.mcap')
    with BagReader(folder) as reader:
        assert reader.topics[TOPIC].count == 6
        levels = [message.data[-1] for message in reader.messages([TOPIC])]
    assert levels == [20, 20, 40, 60, 80, 100]


@pytest.mark.parametrize(('storage', 'compression'), EVERY_STORAGE)
def test_truncated_bag_is_read_up_to_cut_and_losses_are_reported(
    tmp_path, clip, storage, compression
):
    bag = write(tmp_path, clip[:20], storage, compression)
    cut(storage_file(bag), 0.6)
    reader, times, _ = read(bag)
    # SQLite files begin with their tables; compression is uneven.
    assert 6 <= len(times) <= 14
    assert times == [ns(index / 10) + DELAY_NS for index in range(len(times))]
    said = ' '.join(reader.problems)
    assert f'{len(times)} messages were read, up to {(len(times) - 1) / 10:.2f} s' in said
    assert f'{20 - len(times)} of 20 recorded messages are lost' in said


def test_truncated_bag_without_metadata_is_read_up_to_cut_and_reported(tmp_path, clip):
    bag = write(tmp_path, clip[:20])
    cut(storage_file(bag), 0.6)
    (bag / 'metadata.yaml').unlink()
    reader, times, _ = read(bag)
    assert 10 <= len(times) <= 12
    assert reader.problems[0].startswith('no metadata.yaml')
    assert times == [ns(index / 10) + DELAY_NS for index in range(len(times))]
    said = reader.problems[1]
    assert said.startswith('run.mcap is truncated or damaged (')
    read_up_to = f'{len(times)} messages were read, up to {(len(times) - 1) / 10:.2f} s'
    assert said.endswith(f'): {read_up_to}; the rest is lost')


def test_damage_inside_one_file_of_a_split_bag_leaves_the_others(tmp_path, clip):
    bag, files = split_bag(tmp_path, clip[:10], 'sqlite3')
    content = bytearray(files[1].read_bytes())
    half = len(content) // 2
    content[half : half + 20_000] = b'\xff' * 20_000
    files[1].write_bytes(content)
    reader, times, _ = read(bag)
    assert 20 < len(times) < 30
    assert times[-10:] == [ns(index / 10) + DELAY_NS for index in range(10)]
    (said,) = reader.problems
    assert said.startswith('split_1.db3 is damaged after 0.')
    assert said.endswith('): the rest is lost')


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_file_of_a_split_bag_without_a_readable_beginning_leaves_the_others(
    tmp_path, dots, storage
):
    bag, files = split_bag(tmp_path, dots, storage)
    files[0].write_bytes(b'nonsense' * 1000)
    reader, times, _ = read(bag)
    assert len(times) == 12
    assert f'{files[0].name} is not ' in reader.problems[0]
    assert reader.problems[1] == '6 of 18 recorded messages are lost'


def test_missing_file_of_a_split_bag_is_named_and_leaves_the_others(tmp_path, dots):
    bag, files = split_bag(tmp_path, dots, 'mcap')
    files[1].unlink()
    reader, times, _ = read(bag)
    assert len(times) == 12
    assert reader.problems == [
        'metadata.yaml names missing files: split_1.mcap',
        '6 of 18 recorded messages are lost',
    ]


def test_copy_beside_the_files_of_a_bag_is_not_read(tmp_path, dots):
    bag = write(tmp_path, dots)
    shutil.copy(storage_file(bag), bag / 'copy.mcap')
    reader, times, _ = read(bag)
    assert (len(times), reader.problems) == (6, [])


def test_messages_in_sqlite_journal_are_read(tmp_path, dots):
    bag = write(tmp_path, dots, 'sqlite3')
    file = storage_file(bag)
    whole = tmp_path / 'whole.db3'
    file.rename(whole)
    source = sqlite3.connect(whole)
    target = sqlite3.connect(file)
    target.execute('PRAGMA journal_mode = WAL')
    target.execute('PRAGMA wal_autocheckpoint = 0')
    for statement in source.iterdump():
        if not statement.startswith(('BEGIN', 'COMMIT')):
            target.execute(statement)
    target.commit()
    # The recorder lost power here: its last pages were never moved into the file.
    lost = tmp_path / 'lost'
    lost.mkdir()
    for part in ('run.db3', 'run.db3-wal'):
        shutil.copy(bag / part, lost / part)
    source.close()
    target.close()
    reader, times, _ = read(lost)
    assert len(times) == 6
    assert 'journal of SQLite' in ' '.join(reader.problems)


def test_missing_bag_is_an_error(tmp_path):
    with pytest.raises(BagError, match=r'bag .*nothing does not exist'):
        BagReader(tmp_path / 'nothing')


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_empty_bag_is_an_error(tmp_path, storage):
    with pytest.raises(BagError, match='run is empty: it contains no message'):
        BagReader(write(tmp_path, [], storage))


def test_zero_byte_file_is_an_error(tmp_path):
    (tmp_path / 'a.mcap').write_bytes(b'')
    with pytest.raises(BagError, match=r'a\.mcap is empty: it contains no message'):
        BagReader(tmp_path / 'a.mcap')


def test_folder_without_a_storage_file_is_an_error(tmp_path):
    with pytest.raises(BagError, match=r'contains no bag: it has no file ending in \.mcap, \.db3'):
        BagReader(tmp_path)


def test_file_with_wrong_extension_is_an_error(tmp_path):
    (tmp_path / 'a.mp4').write_bytes(b'x')
    with pytest.raises(
        BagError, match=r'a\.mp4 is not a bag, expected a folder or a file ending in'
    ):
        BagReader(tmp_path / 'a.mp4')


def test_ros_1_bag_error_says_how_to_convert_it(tmp_path):
    (tmp_path / 'a.bag').write_bytes(b'#ROSBAG V2.0\n')
    with pytest.raises(BagError, match='is a bag of ROS 1: convert it with rosbags-convert'):
        BagReader(tmp_path / 'a.bag')


@pytest.mark.parametrize('name', ['a.mcap', 'a.db3'])
def test_bag_file_with_garbage_content_is_an_error(tmp_path, name):
    (tmp_path / name).write_bytes(b'nonsense' * 1000)
    with pytest.raises(BagError, match=rf'{name} is no'):
        BagReader(tmp_path / name)
