import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const { env } = process
const server = env.SERVER_URL ?? `http://127.0.0.1:${env.PORT ?? 3000}`

export default defineConfig({
  plugins: [react()],
  server: {
    port: Number(env.WEB_PORT ?? 5173),
    strictPort: true,
    proxy: { '/trpc': server, '/api': server },
  },
})
