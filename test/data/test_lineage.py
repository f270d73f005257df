from fer_ros.data.lineage import has_seen_copies, lineage_of, other_folds, seen_by

FERPLUS = {'dataset': 'ferplus'}


def crema_d(fold):
    return {'dataset': 'crema_d', 'fold': fold}


def test_model_has_seen_data_of_itself_and_its_ancestors():
    figures = {**crema_d(1), 'epoch': 3, 'lineage': [FERPLUS, crema_d(1)]}
    assert seen_by(figures) == [crema_d(1), FERPLUS]


def test_model_without_data_figures_has_no_known_data():
    assert seen_by({'epoch': 3}) == []


def test_lineage_lists_each_entry_once():
    sources = [FERPLUS, {**FERPLUS, 'lineage': [crema_d(4)]}]
    assert lineage_of(sources) == [FERPLUS, crema_d(4)]


def test_other_folds_include_those_of_all_ancestors():
    figures = {**crema_d(1), 'lineage': [crema_d(4), FERPLUS, crema_d(2)]}
    assert other_folds(figures, 'crema_d', 1) == [2, 4]
    assert other_folds(FERPLUS, 'crema_d', 1) == []


def test_model_without_a_note_on_copies_may_have_seen_some():
    assert has_seen_copies(FERPLUS)
    assert not has_seen_copies({**FERPLUS, 'copies': 'left out'})
    assert not has_seen_copies(crema_d(1))
    assert not has_seen_copies({'epoch': 3})
