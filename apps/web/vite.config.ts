import { gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type HtmlTagDescriptor, type Plugin } from 'vite'

const { env } = process
const server = env.SERVER_URL ?? `http://127.0.0.1:${env.PORT ?? 3000}`

/** Puts a compressed copy beside every script and style: the server sends it to browsers that take it. */
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
 * The screen that people come for is named in the page, so that its code comes beside the app's and not after it. It stays a chunk of its own:
 * the other screens do not wait for it.
 */
const firstScreen: Plugin = {
  name: 'first-screen',
  apply: 'build',
  transformIndexHtml: {
    order: 'post',
    handler(html, { bundle = {} }) {
      const screen = Object.values(bundle).find(
        (file) => file.type === 'chunk' && file.facadeModuleId?.endsWith('/studio/StudioScreen.tsx'),
      )
      if (screen === undefined) throw new Error('The first screen is no chunk of its own any more')
      const tags = new Map<string, HtmlTagDescriptor>()
      const add = (fileName: string) => {
        const file = bundle[fileName]
        if (file?.type !== 'chunk' || tags.has(fileName) || html.includes(`/${fileName}"`)) return
        tags.set(fileName, link({ rel: 'modulepreload', href: `/${fileName}` }))
        for (const css of file.viteMetadata?.importedCss ?? [])
          if (!html.includes(`/${css}"`)) tags.set(css, link({ rel: 'stylesheet', href: `/${css}` }))
        file.imports.forEach(add)
      }
      add(screen.fileName)
      return [...tags.values()]
    },
  },
}

const link = (attrs: Record<string, string>): HtmlTagDescriptor => ({
  tag: 'link',
  attrs: { ...attrs, crossorigin: true },
  injectTo: 'head',
})

export default defineConfig({
  plugins: [react(), gzipped, firstScreen],
  server: {
    port: Number(env.WEB_PORT ?? 5173),
    strictPort: true,
    proxy: { '/trpc': server, '/api': server },
  },
})
