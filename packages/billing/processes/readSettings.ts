/** Returns the settings that `startProcess` passed. */
export const readSettings = (): unknown => JSON.parse(process.argv[2] ?? '{}')
