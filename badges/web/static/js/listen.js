// Reads marked sentences aloud, only when the device has a voice for the language of the page.
const speech = window.speechSynthesis;

const language = (element) => element.closest("[lang]")?.lang || document.documentElement.lang;

const voiceFor = (wanted) => speech.getVoices().find((voice) => voice.lang.toLowerCase().startsWith(wanted.slice(0, 2)));

function say(element) {
  return new Promise((done) => {
    const words = new SpeechSynthesisUtterance(element.dataset.say || element.textContent);
    words.lang = language(element);
    words.voice = voiceFor(words.lang) || null;
    words.rate = 0.95;
    words.onstart = () => element.classList.add("is-said");
    words.onend = words.onerror = () => {
      element.classList.remove("is-said");
      done();
    };
    speech.speak(words);
  });
}

function arm(button) {
  const label = button.querySelector("[data-label]");
  const listen = label.textContent;
  let turn = 0;
  const stop = () => {
    turn += 1;
    speech.cancel();
    label.textContent = listen;
  };
  button.addEventListener("click", async () => {
    if (label.textContent !== listen) return stop();
    speech.cancel();
    const mine = (turn += 1);
    label.textContent = button.dataset.stop;
    for (const element of document.querySelectorAll(button.dataset.listen)) {
      if (mine === turn) await say(element);
    }
    if (mine === turn) stop();
    return undefined;
  });
}

function reveal(buttons) {
  for (const button of buttons) {
    const first = document.querySelector(button.dataset.listen);
    button.hidden = !first || !voiceFor(language(first));
  }
}

const buttons = [...document.querySelectorAll("button[data-listen]")];
if (speech && buttons.length) {
  buttons.forEach(arm);
  reveal(buttons);
  speech.addEventListener?.("voiceschanged", () => reveal(buttons));
  window.addEventListener("pagehide", () => speech.cancel());
}
