#!/usr/bin/env bash
# Trains every experiment on a GPU and on the CPU, compares the losses, and says what the GPU takes. See README.md beside this.
#
#   checks/gpu/run.sh PROGRAM [DEVICE]      PROGRAM: sympe-train, built with --features cuda; DEVICE: cuda:0, or cpu to try the script
set -euo pipefail

program=$(realpath "$1")
device=${2:-cuda:0}
here=$(dirname "$(realpath "$0")")
runs=$(mktemp -d)
trap 'rm -rf "$runs"' EXIT
export CANDLE_NUM_THREADS=1

# The most memory that the GPU has in use while a command runs, in MiB.
watched() {
  local most=0 used
  "$@" &
  local pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    if command -v nvidia-smi >/dev/null; then
      used=$(nvidia-smi --query-gpu=memory.used --format=csv,noheader,nounits | head -1)
      ((used > most)) && most=$used
    fi
    sleep 0.2
  done
  wait "$pid"
  echo "  GPU memory in use: $most MiB"
}

# NAME DEVICE ARGUMENTS...: a run of one setting, without the one beside it.
train() {
  "$program" train "${@:3}" --only --device "$2" --runs-dir "$runs" --name "$1" >/dev/null 2>"$runs/$1.log" || {
    cat "$runs/$1.log"
    return 1
  }
}

# The losses of the first epoch on both devices agree to this share of them: rounding differs, and steps widen the difference.
declare -A settings=(
  [autoencoder]="graph-autoencoder --preset smoke --set training.epochs=2"
  [magnets]="ising --preset smoke"
  [clouds]="point-cloud --preset smoke"
  [molecules]="graph-diffusion --preset smoke --set model.dropout=0 --set process.limit=by-rank --set breaking.kind=none"
  [names]="graph-diffusion --preset smoke --set model.dropout=0"
)
for name in "${!settings[@]}"; do
  read -ra arguments <<<"${settings[$name]}"
  train "$name-cpu" cpu "${arguments[@]}"
  train "$name-gpu" "$device" "${arguments[@]}"
  python3 "$here/compare.py" losses "$name" "$runs"/*/"$name-cpu" "$runs"/*/"$name-gpu" 1e-3
done

# Steps a second at the size of the paper's networks, after what is compiled and allocated once: epochs 2 and 3 count.
declare -A sizes=(
  [autoencoder]="graph-autoencoder --preset quick --set data.train=3200 --set training.epochs=3"
  [magnets]="ising --preset large --set data.train=1024 --set data.held-out=64 --set training.epochs=3"
  [digress]="graph-diffusion --preset quick --set data.heavy-atoms=5 --set data.train=4096 --set process.steps=500 --set model.layers=9 --set model.nodes=256 --set model.edges=64 --set model.globals=64 --set model.heads=8 --set model.mlp=[256,128,128] --set model.feed-forward=[256,128,128] --set training.batch-size=256 --set training.epochs=3 --set evaluation.samples=1 --set evaluation.graphs=8 --set evaluation.times=1"
)
for name in "${!sizes[@]}"; do
  read -ra arguments <<<"${sizes[$name]}"
  echo "$name, $device:"
  watched train "$name" "$device" "${arguments[@]}"
  python3 "$here/compare.py" speed "$name" "$runs"/*/"$name"
done

# The same steps in PyTorch on the same card, where it is installed: a script of one's own that takes a device.
if [ -n "${SYMPE_TORCH:-}" ]; then
  for workload in a b c; do
    watched bash -c "$SYMPE_TORCH $workload DEVICE=${device%%:*}"
  done
fi
