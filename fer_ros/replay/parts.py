"""The parts of what is written for a recording, each of which can be left out."""

# report.json is always written: it says that the rest is whole.
PARTS: dict[str, str] = {
    'bag': 'the bag of estimates',
    'table': 'the tables (CSV and Parquet)',
    'video': 'the annotated video',
    'timeline': 'the picture of the probabilities over time',
    'page': 'the page report.html',
}
