import { gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const { env } = process
const server = env.SERVER_URL ?? `http://127.0.0.1:${env.PORT ?? 3000}`

/**
 * Writes a gzipped copy of each script, style sheet and SVG. The server sends the copy to browsers that
 * accept gzip.
 */
const gzipped: Plugin = {
  name: 'gzipped',
  apply: 'build',
  generateBundle: {
    order: 'post',
    handler(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (!/\.(js|css|svg)$/.test(file.fileName)) continue
        const source = gzipSync(file.type === 'chunk' ? file.code : file.source, { level: 9 })
        this.emitFile({ type: 'asset', fileName: `${file.fileName}.gz`, source })
      }
    },
  },
}

/**
 * Moves the style sheets after the placeholder in index.html. Style sheets in the head delay the placeholder's
 * first paint, especially on a slow connection, where the style sheets compete with the scripts.
 */
const stylesLast: Plugin = {
  name: 'styles-last',
  apply: 'build',
  transformIndexHtml: {
    order: 'post',
    handler(html) {
      const links = html.match(/^ *<link rel="stylesheet".*\n/gm) ?? []
      const page = links.reduce((rest, link) => rest.replace(link, ''), html)
      return page.replace(/^ *<\/body>/m, (end) => `${links.join('')}${end}`)
    },
  },
}

export default defineConfig({
  plugins: [react(), gzipped, stylesLast],
  build: {
    rolldownOptions: {
      // Without this group, a first visit loads 44 files instead of 8. Most of the 44 files are smaller than 2 kB, but
      // each request delays the page on a phone.
      output: { codeSplitting: { groups: [{ name: 'shared', minShareCount: 3 }] } },
    },
  },
  server: {
    port: Number(env.WEB_PORT ?? 5173),
    strictPort: true,
    proxy: { '/trpc': server, '/api': server, '/dev/mailbox': server },
  },
})
