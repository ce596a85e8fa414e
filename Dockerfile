# docker build -t vigia .
# On a machine of its own, behind a TLS proxy on that machine: docker run --network host -v vigia:/data --stop-timeout 20 vigia
# With a proxy in another container: docs/examples/compose.yml. The sessions are in the volume /data. Mind the licences: see README.md.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.mjs scripts/build-page.mjs scripts/build-client.mjs ./scripts/
COPY machines ./machines
COPY src ./src
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
# tini: a first process that passes signals on. flock (util-linux) is in the image.
RUN apt-get update \
 && apt-get install -y --no-install-recommends tini \
 && rm -rf /var/lib/apt/lists/* \
 && install -d -o node -g node -m 0700 /data
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
ENV NODE_ENV=production \
    AUTH_DIR=/data/auth_sessions \
    LOG_FORMAT=json
USER node
VOLUME ["/data"]
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["node", "dist/src/cli/main.js", "healthcheck"]
ENTRYPOINT ["tini", "--"]
CMD ["node", "dist/src/main.js"]
