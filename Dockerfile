# One file, several images: `dianchen` (the default, the stages and the command), `doubles` (what a demo and the tests talk to), and
# Debian's servers for the profiles of docker-compose.yml: `prometheus`, `postgres`.
# What is built on: a name for those who try it, a digest where a build must be the same tomorrow: docker build --build-arg BASE=debian@sha256:….
ARG BASE=debian:bookworm-slim
FROM ${BASE} AS base
COPY deploy/packages.sh /tmp/packages.sh

FROM base AS prometheus
RUN /tmp/packages.sh monitoring && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/*.log /tmp/packages.sh \
    && install -d -o prometheus -g prometheus -m 700 /var/lib/prometheus
USER prometheus
EXPOSE 9090
CMD ["prometheus", "--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/var/lib/prometheus", \
     "--storage.tsdb.retention.time=30d"]

FROM base AS build
RUN /tmp/packages.sh build
WORKDIR /src
COPY . .
RUN make -j"$(nproc)" all doubles

# What both run on: shared libraries, a user of its own, folders that this user may write.
FROM base AS run
RUN /tmp/packages.sh run && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/*.log /tmp/packages.sh \
    && useradd --system --uid 10001 --user-group --home-dir /var/lib/dianchen --no-create-home --shell /usr/sbin/nologin dianchen \
    && install -d -o dianchen -g dianchen -m 700 /var/lib/dianchen /var/lib/dianchen-keys
USER 10001:10001
STOPSIGNAL SIGTERM

FROM base AS postgres
RUN mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf \
    && /tmp/packages.sh postgres && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/*.log /tmp/packages.sh \
    && install -d -o postgres -g postgres -m 700 /var/lib/postgresql/data
COPY deploy/postgres.sh /usr/local/bin/serve-postgres
USER postgres
# Fast shutdown: it doesn't wait for clients, who connect again.
STOPSIGNAL SIGINT
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["/usr/lib/postgresql/15/bin/pg_isready", "-q", "-h", "/tmp"]
CMD ["serve-postgres"]

FROM run AS doubles
COPY --from=build /src/build/tests/doubles/wdt-double /src/build/tests/doubles/xingchen-double /usr/local/bin/

FROM run AS dianchen
COPY --from=build /src/build/bin/ /usr/local/bin/
COPY --from=build /src/build/share/locale /usr/local/share/locale
COPY schemes /usr/local/share/dianchen/schemes
WORKDIR /var/lib/dianchen
# No DIANCHEN_STORE here: it would beat a DIANCHEN_STORE_FILE.
ENV DIANCHEN_SCHEME=/usr/local/share/dianchen/schemes/shop-to-material.json
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 CMD ["dianchen", "health"]
CMD ["dianchen", "--help"]
