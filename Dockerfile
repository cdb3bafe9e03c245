# Builds the server and the web app into one image. docs/operations.md describes how to run it.

FROM node:22.20.0-bookworm-slim AS manifests
WORKDIR /app
RUN npm install --global pnpm@12.21.0
# Docker reinstalls the dependencies only if one of these files changes, so copy the sources later.
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY apps/server/package.json apps/server/
COPY apps/web/package.json apps/web/
COPY packages/billing/package.json packages/billing/
COPY packages/billing-react/package.json packages/billing-react/
COPY packages/flowglad-local/package.json packages/flowglad-local/
COPY packages/test-postgres/package.json packages/test-postgres/

FROM manifests AS dependencies
RUN pnpm install --frozen-lockfile --prod --filter @metered/server

# The service `metered` in compose.yaml runs this stage, because the command `metered` needs the sources.
FROM manifests AS build
RUN pnpm install --frozen-lockfile --filter @metered/server... --filter @metered/web...
COPY tsconfig.base.json ./
COPY apps apps
COPY packages packages
# `pnpm run` would first install the whole workspace, so run Vite directly.
RUN cd apps/server && node_modules/.bin/vite build --ssr src/main.ts
RUN cd apps/web && node_modules/.bin/vite build
RUN install --directory --owner node --group node /data

FROM node:22.20.0-bookworm-slim AS server
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATABASE_URL=file:/data/metered.sqlite
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=dependencies /app/apps/server/node_modules apps/server/node_modules
# The `type` field in package.json makes Node load the built files as ES modules.
COPY apps/server/package.json apps/server/
COPY --from=build /app/apps/server/dist apps/server/dist
COPY --from=build /app/apps/web/dist apps/web/dist
RUN install --directory --owner node --group node /data
VOLUME /data
USER node
EXPOSE 3000
# Checks only that the process is alive. /readyz also fails while the database is down, which a restart can't
# fix.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node is the main process, so it receives SIGTERM.
CMD ["node", "apps/server/dist/main.js"]
