/** Returns the mode of a secret key, or null if its prefix doesn't show the mode. */
export const keyModeOf = (secretKey: string) => {
  if (secretKey.startsWith('sk_test_')) return 'test'
  return secretKey.startsWith('sk_live_') ? 'live' : null
}

/** Returns `a test key`, `a live key` or `a key`. */
export const describeKey = (mode: ReturnType<typeof keyModeOf>) => (mode === null ? 'a key' : `a ${mode} key`)
