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
 * Lets the browser paint the placeholder in index.html first. Style sheets in the head delay the first paint, so this
 * moves them after the placeholder. The placeholder needs no scripts, so they load with low priority.
 */
const placeholderFirst: Plugin = {
  name: 'placeholder-first',
  apply: 'build',
  transformIndexHtml: {
    order: 'post',
    handler(html) {
      const links = html.match(/^ *<link rel="stylesheet".*\n/gm) ?? []
      const page = links
        .reduce((rest, link) => rest.replace(link, ''), html)
        .replace(/<(script type="module"|link rel="modulepreload")/g, '$& fetchpriority="low"')
      return page.replace(/^ *<\/body>/m, (end) => `${links.join('')}${end}`)
    },
  },
}

export default defineConfig({
  plugins: [react(), gzipped, placeholderFirst],
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
