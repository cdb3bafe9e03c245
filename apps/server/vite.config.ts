import { defineConfig } from 'vite'

export default defineConfig({
  build: {
    target: 'node20',
    // main.js finds the repository relative to its own folder.
    rolldownOptions: { output: { entryFileNames: '[name].js', chunkFileNames: '[name].js' } },
  },
  // Bundling everything halves the start time. Packages with native binaries must stay where they are installed, and
  // pino-pretty is for development only.
  ssr: { external: ['libsql', 'pg', 'pino-pretty'], noExternal: true },
})
