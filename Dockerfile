# Builds the one binary, then ships it alone. Run it with a volume at /data:
#   docker build -t leadtosheet . && docker run -d -p 3000:3000 -v leadtosheet:/data --read-only leadtosheet
FROM oven/bun:1.4.5-debian AS build
WORKDIR /app
COPY package.json bun.lock bunfig.toml ./
RUN bun install --frozen-lockfile --production
COPY tsconfig.json ./
COPY migrations migrations
COPY public public
COPY src src
RUN bun run build && mkdir -p /data

FROM gcr.io/distroless/base-debian12:nonroot
COPY --from=build /app/dist/leadtosheet /usr/local/bin/leadtosheet
COPY --from=build --chown=nonroot:nonroot --chmod=700 /data /data
ENV LTS_DATA_DIR=/data LTS_HOST=0.0.0.0 LTS_LOG_FORMAT=json
VOLUME /data
EXPOSE 3000
USER nonroot
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["/usr/local/bin/leadtosheet", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/leadtosheet"]
