"""Nothing here needs a cluster, or anything that runs: Helm, kubectl kustomize and promtool on files."""

import sys

# One cache of the tree's own is enough.
sys.dont_write_bytecode = True
