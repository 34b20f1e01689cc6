// Improves pages that already work without it: shows the password, sends a form only once, goes back, copies a secret.

for (const button of document.querySelectorAll('button.reveal')) {
  const field = document.getElementById(button.getAttribute('aria-controls'))
  button.hidden = false
  button.addEventListener('click', () => {
    const shown = field.type === 'password'
    field.type = shown ? 'text' : 'password'
    button.setAttribute('aria-pressed', String(shown))
    field.focus()
  })
  // Browsers save a password only from a password field.
  field.form.addEventListener('submit', () => {
    field.type = 'password'
  })
}

for (const form of document.forms) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) return event.preventDefault()
    form.dataset.sent = 'true'
    // Still here, it has led nowhere: it may be sent again.
    setTimeout(unlock, 5000, form)
  })
}

function unlock(form) {
  delete form.dataset.sent
}

// Back from the next page, too.
addEventListener('pageshow', () => {
  for (const form of document.forms) unlock(form)
})

// In a choice the Enter key presses the first button of the form, which may be "Cancel".
for (const choice of document.querySelectorAll('input:is([type=radio], [type=checkbox])')) {
  choice.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') event.preventDefault()
  })
}

for (const button of document.querySelectorAll('button.back')) {
  button.hidden = history.length < 2
  button.addEventListener('click', () => history.back())
}

for (const button of document.querySelectorAll('button.copy')) {
  button.hidden = !navigator.clipboard
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent)
    button.textContent = button.dataset.done
  })
}
