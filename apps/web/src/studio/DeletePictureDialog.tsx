import { Button } from '@mantine/core'
import { trpc } from '../api/trpc.ts'
import { BusyButton } from '../parts/BusyButton.tsx'
import { Dialog } from '../parts/Dialog.tsx'
import { Notice } from '../parts/Notice.tsx'
import { useRemoveFromGallery } from './useGallery.ts'

interface DeletePictureDialogProps {
  id: string
  onClose: () => void
  onDeleted: () => void
}

export function DeletePictureDialog({ id, onClose, onDeleted }: DeletePictureDialogProps) {
  const remove = useRemoveFromGallery()
  const deletion = trpc.studio.deletePicture.useMutation({
    onSuccess() {
      remove(id)
      onDeleted()
    },
  })
  return (
    <Dialog
      title="Delete this picture?"
      onClose={onClose}
      actions={
        <>
          <Button variant="default" onClick={onClose}>
            Keep picture
          </Button>
          <BusyButton color="madder" busy={deletion.isPending} onClick={() => deletion.mutate({ id })}>
            {deletion.isPending ? 'Deleting…' : 'Delete picture'}
          </BusyButton>
        </>
      }
    >
      <p>You can't undo this. The picture will still count as used.</p>
      {deletion.isError && (
        <Notice tone="critical" role="alert" title="The picture couldn't be deleted">
          Check your connection and try again.
        </Notice>
      )}
    </Dialog>
  )
}
