/** Returns the settings that `startProcess` passed to this process. */
export const readSettings = (): unknown => JSON.parse(process.argv[2] ?? '{}')
