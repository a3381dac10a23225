"""What changes databases is never loaded where requests are served."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["gatepost.app", "gatepost.orm", "gatepost.policy.rls", "gatepost.cli.main"])
def test_serving_loads_no_library_for_changing_schemas(module: str):
    code = f"import sys, {module}; print({{'sqlalchemy', 'alembic', 'gatepost.evolve'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
