import re
import runpy
import subprocess
import sys

import pytest
from documents import PAGES, ROOT, blocks, page, table

from fer_ros.analysis.label_intervals import read_label_file
from fer_ros.analysis.label_topic import EMOTIONS_TYPE, STRING_TYPE
from fer_ros.cli import main
from fer_ros.data.datasets import READERS
from fer_ros.data.image_folder import IMAGE_FOLDER
from fer_ros.labels import FERPLUS_CLASSES
from fer_ros.messages.encodings import ENCODINGS
from fer_ros.offline.output_folder import PARTS
from fer_ros.parameters.camera_node import CAMERA_NODE
from fer_ros.parameters.fer_node import FER_NODE


def fields(message):
    for line in (ROOT / 'msg' / f'{message}.msg').read_text().splitlines():
        # A constant is not a field.
        if line and not line.startswith('#') and '=' not in line:
            yield line.split()[:2]


@pytest.mark.parametrize('message', ['FaceEmotion', 'FaceEmotionArray'])
def test_message_tables_match_msg_files(message):
    rows = [
        [kind.strip('`'), name.strip('`')]
        for name, kind, _ in table(page('nodes'), f'`{message}`')
    ]
    assert rows == list(fields(message))


def specs(node):
    return {'fer_node': FER_NODE, 'camera_node': CAMERA_NODE}[node]


def test_parameter_file_and_tables_are_up_to_date():
    command = [sys.executable, ROOT / 'scripts' / 'write-parameters', '--check']
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize('node', ['fer_node', 'camera_node'])
def test_every_parameter_has_a_description(node):
    assert all(spec.description.endswith('.') for spec in specs(node))


@pytest.mark.parametrize('name', ['image_transport', 'detector', 'face_source', 'outputs'])
def test_every_choice_of_parameter_is_described(name):
    spec = next(spec for spec in FER_NODE if spec.name == name)
    described = re.findall(r'(\w+): ', spec.description)
    assert [choice for choice in spec.choices if choice not in described] == []


@pytest.mark.parametrize('second', ['what it is', 'where'])
def test_split_and_terms_tables_describe_every_data_set(second):
    rows = table(page('training'), f'data | {second}')
    assert all(cell for row in rows for cell in row)
    assert {len(row) for row in rows} == {3}
    named = [re.split(' and |,', row[0]) for row in rows]
    for dataset in READERS:
        if dataset is not IMAGE_FOLDER:
            assert sum(dataset.title in names for names in named) == 1, dataset.title


def test_help_and_readme_name_every_data_set(capsys):
    titles = [dataset.title for dataset in READERS if dataset is not IMAGE_FOLDER]
    with pytest.raises(SystemExit, match=r'^0$'):
        main(['evaluate', '--help'])
    said = capsys.readouterr().out
    assert [title for title in titles if title not in said] == []
    assert [title for title in titles if title not in page('README')] == []


def test_documented_encodings_match_code():
    said = re.search(r'Image encodings: (.*?);', page('nodes'), re.S)[1]
    assert re.findall(r'`(\w+)`', said) == list(ENCODINGS)


def option_names(command, capsys):
    with pytest.raises(SystemExit, match=r'^0$'):
        main([command, '--help'])
    return set(re.findall(r'(--[a-z][a-z-]+)', capsys.readouterr().out))


def test_options_on_bag_and_video_pages_exist(capsys):
    said = page('bags') + page('video')
    mentioned = set(re.findall(r'(--[a-z][a-z-]+)', said))
    assert {'--out', '--labels', '--topic', '--label-topic', '--scheduler'} <= mentioned
    assert mentioned <= option_names('bag', capsys) | option_names('video', capsys)


def test_documented_options_to_leave_out_outputs_match_code():
    left_out = {cell.strip('`') for _, cell, _ in table(page('bags'), 'output') if cell}
    assert left_out == {f'--no-{part}' for part in PARTS}


def test_documented_label_example_can_be_read(tmp_path):
    example = page('bags').split('## Labels')[1].split('\n    ', 1)[1].split('\n\n')[0]
    (tmp_path / 'l.csv').write_text('\n'.join(line.strip() for line in example.splitlines()))
    labels = read_label_file(tmp_path / 'l.csv', FERPLUS_CLASSES)
    assert [interval.face_id for interval in labels.intervals] == [None, 1, 2]


def test_documented_label_topics_match_code():
    assert [kind.strip('`') for kind, _ in table(page('bags'), 'label topic')] == [
        STRING_TYPE,
        EMOTIONS_TYPE,
    ]


@pytest.mark.parametrize('path', PAGES, ids=lambda path: path.stem)
def test_relative_links_resolve(path):
    links = re.findall(r'\]\(((?!https?:)[^)]+)\)', path.read_text())
    missing = []
    for link in links:
        file, _, heading = link.partition('#')
        target = path.parent / file if file else path
        if not target.exists() or (heading and heading not in headings(target)):
            missing.append(link)
    assert missing == []


def test_pages_of_the_site_link_only_to_documents_on_it():
    elsewhere = runpy.run_path(str(ROOT / 'doc' / 'conf.py'))['ELSEWHERE']
    for path in (ROOT / 'doc').glob('*.md'):
        linked = set(re.findall(r'\]\((\.\./[^)#]+\.md)', path.read_text()))
        assert linked <= set(elsewhere), path.name


def headings(path):
    """Return the anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r'^#+ (.+)$', path.read_text(), re.M)
    return [re.sub(r'[^\w -]', '', title.lower()).replace(' ', '-') for title in titles]


def test_readme_python_example_prints_documented_output(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    ((_, code),) = blocks(page('README'), 'python')
    exec(code)
    assert capsys.readouterr().out == code.split('# ')[-1]
