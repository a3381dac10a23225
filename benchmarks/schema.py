"""Reading a schema of 200 models: parsed and linked, and the second time, in another process, from its cache.

Run: python benchmarks/schema.py
"""

import subprocess
import sys
import tempfile
from pathlib import Path

MODEL = """
model M{n} {{
    id        Int      @id @default(autoincrement())
    createdAt DateTime @default(now())
    updatedAt DateTime @updatedAt
    title     String   @length(1, 200)
    body      String?
    published Boolean  @default(false)
    score     Int      @default(0)
    tags      String[]
    owner     User     @relation(fields: [ownerId], references: [id])
    ownerId   Int

    @@allow('read', published || auth() == owner)
    @@allow('create,update', auth() == owner && score < 100)
    @@deny('delete', published && !contains(title, 'x'))
    @@index([ownerId])
}}
"""
PROGRAM = """
import sys, time
from pathlib import Path
from gatepost import zmodel
begun = time.perf_counter()
schema = zmodel.load(sys.argv[1], cache_folder=Path(sys.argv[2]))
print(time.perf_counter() - begun)
"""


def schema(models: int) -> str:
    """A user, and models that belong to him."""
    fields = "".join(f"    m{n} M{n}[]\n" for n in range(models))
    user = f"model User {{\n    id Int @id @default(autoincrement())\n    email String @unique\n{fields}}}\n"
    return "datasource db { provider = 'postgresql' }\n" + user + "".join(MODEL.format(n=n) for n in range(models))


def seconds(file: Path, cache: Path) -> float:
    """How long one process takes, imports left out."""
    command = [sys.executable, "-c", PROGRAM, str(file), str(cache)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    """Five new caches, each read twice; the least of each."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "schema.zmodel")
        file.write_text(schema(199))
        runs = [(seconds(file, Path(folder, str(n))), seconds(file, Path(folder, str(n)))) for n in range(5)]
    print(
        f"200 models: new {min(new for new, _ in runs):.3f} s (bar 1), again {min(b for _, b in runs):.3f} s (bar 0.05)"
    )


if __name__ == "__main__":
    main()
