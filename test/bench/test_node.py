import json

from required import needs

needs('fer_ros.msg')

from fer_ros.cli import main


def test_bench_node_measures_a_real_ros_graph(tmp_path, capsys):
    tiny = ['--rounds', '1', '--seconds', '0.5', '--size', '320x240']
    main(['bench', 'node', *tiny, '--json', str(tmp_path / 'n.json')])
    figures = json.loads((tmp_path / 'n.json').read_text())['sizes']['320x240']
    assert figures['start_to_first_message_s'] > 0
    assert figures['peak_mb'] >= figures['resident_mb'] > 50
    assert figures['images_sent'] >= figures['images_received'] >= figures['messages'] > 0
    alone, annotated = figures['parts'].values()
    assert alone['p99_ms'] >= alone['median_ms'] > 0
    assert figures['floor']['messages'] > 0
    assert figures['floor']['cpu_percent']['fer_node'] < alone['cpu_percent']['fer_node']
    assert annotated['annotated']['messages'] > 0
    assert alone['cpu_percent'].keys() == {'fer_node', 'camera_node', 'subscriber'}
    printed = capsys.readouterr().out
    assert 'fer_node beyond a node that does nothing: median' in printed
    assert 'start of fer_node to its first message' in printed
