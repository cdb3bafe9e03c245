import { defineConfig } from 'vite'

export default defineConfig({
  build: {
    target: 'node20',
    // The code locates the repository relative to its own file, so all files must be directly in dist/.
    rolldownOptions: { output: { entryFileNames: '[name].js', chunkFileNames: '[name].js' } },
  },
  // Bundling the dependencies halves the startup time. Packages with native binaries can't be bundled, and
  // pino-pretty is used only in development.
  ssr: { external: ['libsql', 'pg', 'pino-pretty'], noExternal: true },
})
