/** Waits before a retry: longer before each retry, but at most 250 ms. */
export const retryPause = (tries: number): Promise<void> => {
  const longestMs = Math.min(250, 2 ** tries)
  return new Promise((resolve) => setTimeout(resolve, longestMs * (0.5 + Math.random() / 2)))
}
