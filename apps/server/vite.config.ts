import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

export default defineConfig({
  build: {
    target: 'node20',
    // All side by side: main.js finds its thread, and the repository, from where it lies.
    rolldownOptions: { output: { entryFileNames: '[name].js', chunkFileNames: '[name].js' } },
  },
  // Bundled whole it starts in half the time. What brings its own binary has to be found where it was installed.
  ssr: { external: ['libsql', 'pg'], noExternal: true },
  plugins: [
    {
      name: 'painting-thread',
      buildStart() {
        const id = fileURLToPath(new URL('src/studio/art/renderWorker.ts', import.meta.url))
        this.emitFile({ type: 'chunk', id, fileName: 'renderWorker.js' })
      },
    },
  ],
})
