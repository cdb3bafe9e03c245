import { useMutation } from '@tanstack/react-query'
import { BusyButton } from './BusyButton.tsx'
import section from './Section.module.css'
import { saveFile } from './saveFile.ts'

interface DownloadButtonProps {
  label: string
  /** The file's name without the date. */
  name: string
  type: 'text/csv' | 'application/json'
  /** Returns the file's content. */
  read(): Promise<string>
}

/** Reads data from the server, and saves it as a file. */
export function DownloadButton({ label, name, type, read }: DownloadButtonProps) {
  const download = useMutation({
    mutationFn: async () => {
      const text = await read()
      const extension = type === 'text/csv' ? 'csv' : 'json'
      saveFile({ text, name: `${name}-${new Date().toISOString().slice(0, 10)}.${extension}`, type })
    },
  })
  return (
    <>
      {download.isError && (
        <p role="alert" className={section.problem}>
          The download failed. Try again.
        </p>
      )}
      <BusyButton variant="default" size="xs" busy={download.isPending} onClick={() => download.mutate()}>
        {download.isPending ? 'Preparing…' : label}
      </BusyButton>
    </>
  )
}
