import { defineConfig } from 'vitest/config'

// Numbers and money are formatted in the reader's language. The tests expect English, whatever the machine's language.
process.env.LC_ALL = 'en_US.UTF-8'

export default defineConfig({ test: { restoreMocks: true, unstubGlobals: true } })
