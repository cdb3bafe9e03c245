import { defineConfig } from 'vitest/config'

// Numbers and money are written in the language of whoever reads them; a test reads English, whatever the machine speaks.
process.env.LC_ALL = 'en_US.UTF-8'

export default defineConfig({ test: { restoreMocks: true, unstubGlobals: true } })
