// Another page as the camera: answers a WHEP offer with a moving picture and a tone.

/** Returns {sdp, close}. The browser must not hide its addresses behind mDNS names. */
export async function answerWithMovingPicture(browser, offer, {width = 320, height = 180} = {}) {
    const context = await browser.newContext();
    const page = await context.newPage();
    const sdp = await page.evaluate(
        async ({offer, width, height}) => {
            const canvas = Object.assign(document.createElement('canvas'), {width, height});
            const paint = canvas.getContext('2d');
            let n = 0;
            setInterval(() => {
                paint.fillStyle = `hsl(${(n += 5) % 360} 80% 50%)`;
                paint.fillRect(0, 0, width, height);
            }, 40);
            const audio = new AudioContext();
            const tone = new OscillatorNode(audio);
            const sink = audio.createMediaStreamDestination();
            tone.connect(sink);
            tone.start();
            const peer = (globalThis.peer = new RTCPeerConnection());
            await peer.setRemoteDescription({type: 'offer', sdp: offer});
            peer.addTrack(canvas.captureStream(25).getVideoTracks()[0]);
            peer.addTrack(sink.stream.getAudioTracks()[0]);
            await peer.setLocalDescription();
            if (peer.iceGatheringState !== 'complete') {
                await new Promise((resolve) => peer.addEventListener('icegatheringstatechange', () => peer.iceGatheringState === 'complete' && resolve()));
            }
            return peer.localDescription.sdp;
        },
        {offer, width, height},
    );
    return {sdp, close: () => context.close()};
}
