import { chmodSync } from 'node:fs'
import { defineConfig } from 'vite'

export default defineConfig({
  // Inlined, libsql would not find its binary.
  ssr: { external: ['libsql'], noExternal: true },
  build: {
    target: 'node20',
    rollupOptions: { output: { banner: '#!/usr/bin/env node' } },
  },
  plugins: [
    {
      name: 'executable',
      apply: 'build',
      closeBundle: () => chmodSync('dist/main.js', 0o755),
    },
  ],
})
