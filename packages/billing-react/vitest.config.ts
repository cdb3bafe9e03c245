import { defineConfig } from 'vitest/config'

// One environment for all files: starting jsdom per file takes most of the time, and each test cleans up after itself.
export default defineConfig({ test: { environment: 'jsdom', isolate: false, restoreMocks: true } })
