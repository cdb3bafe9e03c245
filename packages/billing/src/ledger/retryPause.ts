/** Waits before a retry. The longest possible wait doubles with each retry, up to 250 ms. */
export const retryPause = (tries: number): Promise<void> => {
  const longestMs = Math.min(250, 2 ** tries)
  return new Promise((resolve) => setTimeout(resolve, longestMs * (0.5 + Math.random() / 2)))
}
