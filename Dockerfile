# To build and run it, see docs/container.md.
FROM python:3.11-slim

# The torch of PyPI brings gigabytes of CUDA with it. For a GPU: --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cu130
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu

# Torch in a layer of its own, which a change of our files does not invalidate. A local version, such as 2.13.0+cpu, precedes
# the plain one.
COPY .ci/constraints-3.11.txt /source/.ci/
RUN pip install --no-cache-dir --constraint /source/.ci/constraints-3.11.txt --extra-index-url "$TORCH_INDEX" torch

COPY . /source
RUN pip install --no-cache-dir --constraint /source/.ci/constraints-3.11.txt '/source[page]'

# Writable for any --user: runs, and the kernels that numba compiles in $HOME/.cache.
ENV HOME=/work
RUN install -d -m 777 /work
WORKDIR /work
USER 1000:1000

# Checks the installation, and fills the cache of compiled kernels.
RUN python -m cutout_rl.doctor && chmod -R a+rwX .cache

# A stopped training saves its state on Ctrl-C, and the page closes.
STOPSIGNAL SIGINT
ENTRYPOINT ["python", "-m"]
CMD ["cutout_rl.doctor"]
