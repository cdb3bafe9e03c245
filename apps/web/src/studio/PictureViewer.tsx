import { Button, CloseButton } from '@mantine/core'
import { type KeyboardEvent, useState } from 'react'
import { formatTime } from '../format/format.ts'
import modal from '../parts/Modal.module.css'
import { useModal } from '../parts/useModal.ts'
import { DeletePictureDialog } from './DeletePictureDialog.tsx'
import classes from './PictureViewer.module.css'
import type { Picture } from './useGallery.ts'

interface PictureViewerProps {
  picture: Picture
  /** Shows the next newer or older picture. Undefined at the ends of the gallery. */
  onNewer: (() => void) | undefined
  onOlder: (() => void) | undefined
  onClose: () => void
}

/** Shows one picture in full, with its prompt and its actions. */
export function PictureViewer({ picture, onNewer, onOlder, onClose }: PictureViewerProps) {
  const { url, prompt, createdAt } = picture
  const dialog = useModal()
  const [deleting, setDeleting] = useState(false)
  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'ArrowLeft') onNewer?.()
    if (event.key === 'ArrowRight') onOlder?.()
  }
  return (
    <>
      <dialog
        ref={dialog}
        aria-label="Picture"
        className={`${modal.modal} ${classes.viewer}`}
        onKeyDown={onKeyDown}
        onCancel={(event) => {
          event.preventDefault()
          onClose()
        }}
      >
        <CloseButton aria-label="Close" size="lg" className={classes.close} onClick={onClose} />
        <div className={classes.frame}>
          <img src={url} alt={prompt} className={classes.picture} />
        </div>
        <div className={classes.about}>
          <p className={classes.prompt} dir="auto">
            {prompt}
          </p>
          <p className={classes.when}>
            <time dateTime={new Date(createdAt).toISOString()}>{formatTime(createdAt)}</time>
          </p>
          <div className={classes.actions}>
            <div className={classes.steps}>
              <Step label="Newer picture" arrow="←" onClick={onNewer} />
              <Step label="Older picture" arrow="→" onClick={onOlder} />
            </div>
            {/* The server names the file after the prompt. */}
            <Button px="sm" component="a" href={url} download="">
              Download
            </Button>
            <Button px="sm" variant="default" c="var(--text-critical)" onClick={() => setDeleting(true)}>
              Delete
            </Button>
          </div>
        </div>
      </dialog>
      {deleting && (
        <DeletePictureDialog id={picture.id} onClose={() => setDeleting(false)} onDeleted={onClose} />
      )}
    </>
  )
}

/** Renders a button that keeps focus at the end of the gallery, so that the arrow keys still work. */
function Step({
  label,
  arrow,
  onClick,
}: {
  label: string
  arrow: string
  onClick: (() => void) | undefined
}) {
  const isEnd = onClick === undefined
  return (
    <Button
      px="sm"
      variant="default"
      aria-label={label}
      aria-disabled={isEnd}
      data-disabled={isEnd}
      onClick={onClick}
    >
      {arrow}
    </Button>
  )
}
