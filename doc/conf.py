"""Configuration of Sphinx: `make doc` builds the pages of this folder as a site."""

import fer_ros

project = 'fer_ros'
version = release = fer_ros.__version__
extensions = ['myst_parser', 'sphinx.ext.autodoc', 'sphinx.ext.napoleon']
html_theme = 'furo'
html_title = f'fer_ros {release}'
myst_heading_anchors = 3
autodoc_member_order = 'bysource'
napoleon_google_docstring = True

# Documents that are elsewhere in the repository, where its readers expect them.
ELSEWHERE = {
    '../CONTRIBUTING.md': 'contributing.md',
    '../SECURITY.md': 'security.md',
    '../fer_ros/weights/MODEL_CARD.md': 'model_card.md',
}


def setup(app):
    """Make links to documents outside this folder lead to their pages on the site."""
    app.connect('source-read', _link_to_pages)
    app.connect('include-read', lambda app, path, document, text: _link_to_site(text))


def _link_to_pages(app, document, text):
    for path, page in ELSEWHERE.items():
        text[0] = text[0].replace(f']({path}', f']({page}')


def _link_to_site(text):
    # Links of CONTRIBUTING.md and SECURITY.md, then of the model card.
    text[0] = text[0].replace('](doc/', '](').replace('](../../doc/', '](')
