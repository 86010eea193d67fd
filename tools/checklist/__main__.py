"""Write both tables: ``python -m tools.checklist``."""

from tools.checklist.proof import REPOSITORY
from tools.checklist.tables import chinese_table, english_table

if __name__ == "__main__":
    for name, table in (("docs/reference/checklist.md", english_table()), ("docs/zh/checklist.md", chinese_table())):
        path = REPOSITORY / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(table, encoding="utf-8")
        print(path)
