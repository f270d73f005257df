import json
from pathlib import Path

from required import needs

from fer_ros.messages.definitions import EMOTIONS_TYPE, definition_files, typestore

SOURCES = Path(__file__).parent.parent.parent / 'msg'


def test_definitions_match_msg_folder():
    found = {file.name: file.read_text() for file in definition_files()}
    assert found == {file.name: file.read_text() for file in SOURCES.iterdir()}


def test_type_hash_matches_generated_messages():
    packages = needs('ament_index_python.packages')
    needs('fer_ros.msg')
    share = Path(packages.get_package_share_directory('fer_ros'))
    generated = json.loads((share / 'msg' / 'FaceEmotionArray.json').read_text())
    hashes = {entry['type_name']: entry['hash_string'] for entry in generated['type_hashes']}
    assert typestore().hash_rihs01(EMOTIONS_TYPE) == hashes[EMOTIONS_TYPE]
