"""The networks, importing torch and OpenCV alone: tensors in, pictures out, no files, no devices of their own choice.

ops.py                   activations, filters, and `Tensors`, which checks what it reads from a state dict
mapping.py               z to w, for all three StyleGANs
stylegan1.py, modulated_conv.py, stylegan2.py, filtered_lrelu.py, stylegan3.py, progan.py
dcgan.py, vae.py         decoders, and the encoder of a VAE
byte_rows.py, composite_parts.py, crown.py, composite_layers.py, resampling.py, warp.py, composite.py
arithmetic.py, quantised_pictures.py, eight_bit_network.py, refiner.py, enlarger.py
exemplar_halves.py, hair_exemplars.py, head_shape.py   a composite's heads made whole; skin_exemplars.py: no scars
hair_texture.py          single hairs; skin_texture.py: pores on enlarged faces
laid_patterns.py         patterns of the mean face on pictures; drawn_eyes.py, eye_patterns.py: crisp eyes
walls.py                 what is behind faces; packed_bytes.py: of headers
quiet_axis.py            where a composite's latent says what is worn; glasses.py, glasses_drawing.py, beard.py,
                         beard_hairs.py, makeup.py, makeup_patterns.py, earrings.py
stylegan2_training.py    StyleGAN2 as it is trained; it writes what stylegan2.py reads
filter_network.py        from picture to picture, in several styles
efficientnet_lite.py     the frozen perceptual network; vgg.py: another, for who has its weights
tflite.py                what `readers/tflite.py` has read, step by step
"""
