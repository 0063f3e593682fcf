# Needs BuildKit (the default builder since Docker 23) and no external frontend:
#
#   docker build -t bft-raft .
#
# Without a network, or where only the host reaches a package registry, fetch what it needs on the host first. The build then takes it
# from .deno-dir and downloads nothing:
#
#   deno task prefetch
#   docker build --network none -t bft-raft .
#
# Either way the packages are those of deno.lock, checked against its hashes.
FROM docker.io/denoland/deno:debian-2.9.6

# Where .deno-dir does not exist, the patterns match nothing and nothing is copied. The C++ runtime is for base images that were made
# without one; the image's own comes first.
COPY .deno-di[r]/lib /usr/local/lib/bft-raft/
RUN ldconfig -p | grep -q 'libstdc++\.so\.6' || { echo /usr/local/lib/bft-raft >/etc/ld.so.conf.d/bft-raft.conf; ldconfig; }
# Debian's libsecp256k1 is quicker than the file of the npm package, which serves where this finds none. It is put where compose.yaml lets
# replicas load it from, which no version and no architecture is part of.
RUN { apt-get update \
    && apt-get install -y --no-install-recommends "$(apt-cache pkgnames libsecp256k1- | grep -x 'libsecp256k1-[0-9]*' | sort -V | tail -n 1)" \
    && cp -L /usr/lib/*-linux-gnu/libsecp256k1.so.[1-9] /usr/local/lib/ \
    && rm -rf /var/lib/apt/lists/*; } \
  || echo "no libsecp256k1 from Debian: signatures by the file of the npm package"
# A named volume takes owner and mode from the folder it first covers.
RUN install -d -o deno -g deno -m 0700 /keys /data /new/r1 /new/r2 /new/r3 /new/r4

# DENO_DIR is /deno-dir in the base image. The last line finds out now, not at the first start, whether the native add-ons load.
WORKDIR /app
USER deno
COPY --chown=deno:deno .deno-di[r]/npm /deno-dir/npm/
COPY deno.json deno.lock package.json ./
RUN deno install --frozen \
  && deno eval --cached-only 'await import("zeromq"); await import("secp256k1-native");'

COPY LICENSE mod.ts ./
COPY protocol protocol/
COPY crypto crypto/
COPY state_machine state_machine/
COPY metrics metrics/
COPY transport transport/
COPY replica replica/
COPY client client/
COPY tasks tasks/
# Transpiled and run here once, so that a container starts fast and writes nothing but its data. In a terminal Deno complains of each of
# its caches that it cannot make on a read-only file system; those of these runs are there.
RUN deno cache --frozen replica/main.ts client/main.ts tasks/keygen.ts \
  && deno run --quiet --no-prompt --cached-only replica/main.ts --help >/dev/null \
  && deno run --quiet --no-prompt --cached-only -P=client client/main.ts --help >/dev/null \
  && deno run --quiet --no-prompt --cached-only -P=keygen tasks/keygen.ts --help >/dev/null

ENV DENO_NO_UPDATE_CHECK=1
# tini is the base image's: it passes SIGTERM on to the one process behind it, and reaps.
ENTRYPOINT ["/tini", "--", "deno", "run", "--quiet", "--no-prompt", "--cached-only"]
CMD ["-P=client", "client/main.ts", "--help"]
