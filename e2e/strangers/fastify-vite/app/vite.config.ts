import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [react()],
  build: { outDir: 'dist/web' },
  server: { proxy: { '/trpc': 'http://localhost:3000' } },
})
