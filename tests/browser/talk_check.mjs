// Speech from a real browser: node talk_check.mjs PAGE CAMERA_ID WAV. Chromium's microphone hears the WAV again and again. First it
// speaks in the same WebRTC session that brings the picture, for 3 s; then by the page's button. Exits 1 with one sentence.

import {DESKTOP, launchBrowser, openPage, waitForVideo} from './lib/browser.mjs';

const [, , address, camera, sound] = process.argv;

/** Runs in the page. Returns the direction of the sound that was agreed on, and its codec. */
async function speak({url, milliseconds}) {
    const plain = {echoCancellation: false, noiseSuppression: false, autoGainControl: false};
    const microphone = await navigator.mediaDevices.getUserMedia({audio: plain});
    const connection = new RTCPeerConnection();
    const pictures = new Promise((resolve) => (connection.ontrack = ({track}) => track.kind === 'video' && resolve(track)));
    connection.addTransceiver('video', {direction: 'recvonly'});
    const {sender} = connection.addTransceiver(microphone.getAudioTracks()[0], {direction: 'sendrecv'});
    await connection.setLocalDescription();
    const reply = await fetch(url, {method: 'POST', headers: {'Content-Type': 'application/sdp'}, body: connection.localDescription.sdp});
    if (reply.status !== 201) throw new Error(`WHEP answered ${reply.status}: ${await reply.text()}`);
    await connection.setRemoteDescription({type: 'answer', sdp: await reply.text()});
    await pictures;
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    const direction = connection.getTransceivers()[1].currentDirection;
    const codec = sender.getParameters().codecs[0]?.mimeType;
    let frames = 0;
    for (const report of (await connection.getStats()).values()) if (report.type === 'inbound-rtp' && report.kind === 'video') frames = report.framesDecoded;
    for (const track of microphone.getTracks()) track.stop();
    connection.close();
    await fetch(new URL(reply.headers.get('Location'), url), {method: 'DELETE'});
    return `${direction} ${codec}, ${frames} pictures meanwhile`;
}

const browser = await launchBrowser(['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', `--use-file-for-fake-audio-capture=${sound}`]);
try {
    const page = await openPage(browser, `${address}/#/`, {size: DESKTOP});
    const said = await page.evaluate(speak, {url: `${address}/api/devices/${camera}/whep?stream=main`, milliseconds: 2800});
    if (!said.startsWith('sendrecv')) throw new Error(`the sound goes one way only: ${said}`);
    await page.goto(`${address}/#/device/${camera}`);
    await waitForVideo(page, page.locator('tp-live video'));
    const button = page.locator('tp-talk button');
    await page.waitForTimeout(1200); // the line of the session before
    await button.dispatchEvent('keydown', {key: ' '});
    await page.waitForTimeout(700);
    const answered = page.waitForResponse((response) => response.url().endsWith('/talk'), {timeout: 20_000});
    await button.dispatchEvent('keyup', {key: ' '});
    const reply = await answered;
    if (reply.status() !== 200) throw new Error(`the page's button: ${reply.status()} ${await reply.text()}`);
    console.log(`WebRTC: ${said}; the page's button: sent`);
    if (page.faults.length > 0) throw new Error(page.faults.join('; '));
} catch (problem) {
    console.error(String(problem.message ?? problem).split('\n')[0]);
    process.exitCode = 1;
} finally {
    await browser.close();
}
