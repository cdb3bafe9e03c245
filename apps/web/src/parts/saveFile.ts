/** Saves text as a file in the browser's download folder. */
export function saveFile({ text, name, type }: { text: string; name: string; type: string }) {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
