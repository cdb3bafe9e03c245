import { defineConfig } from 'vite'

export default defineConfig({
  build: {
    ssr: true,
    target: 'node20',
    rolldownOptions: {
      input: { main: 'src/main.ts', renderWorker: 'src/studio/art/renderWorker.ts' },
      // All side by side: main.js finds its thread, and the repository, from where it lies.
      output: { entryFileNames: '[name].js', chunkFileNames: '[name].js' },
    },
  },
  // What brings its own binary has to be found where it was installed.
  ssr: { external: ['libsql', 'pg'] },
})
